#pragma once
// Report collects what is wrong with one document; Fields reads a mapping key by key, checks types
// and in the end reports every key that nobody asked for. Private to load.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dag/load_advice.h"

namespace armature::dag {

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}
  // The same complaint about the same place is kept once: default_args serve many tasks.
  Diagnostic& error(Position at, const std::string& path, const std::string& code,
                    const std::string& message, const std::string& suggestion = {});
  void warning(Position at, const std::string& path, const std::string& code,
               const std::string& message, const std::string& suggestion = {});
  void wrong_type(const YamlNode& node, const std::string& path, const std::string& expected);
  bool failed() const;
  bool full() const { return all_.size() >= 200; }  // a hostile file could make millions
  std::vector<Diagnostic>& all() { return all_; }

 private:
  std::string file_;
  std::vector<Diagnostic> all_;
  Diagnostic beyond_;
};

class Fields {
 public:
  Fields(const YamlNode& map, std::string path, Report& report)
      : map_(map), path_(std::move(path)), report_(report), taken_(map.entries.size(), false) {}
  // As above, with further mappings for the keys that the first does not have, the nearest first.
  struct Defaults {
    const YamlNode* map;
    std::string path;
  };
  Fields(const YamlNode& map, std::string path, std::vector<Defaults> defaults, Report& report);

  const YamlNode* take(const std::string& key);  // absent: nullptr
  const YamlNode* require(const std::string& key);
  std::optional<std::string> text(const std::string& key);
  std::optional<bool> flag(const std::string& key);
  std::optional<std::int64_t> integer(const std::string& key, std::int64_t least);
  std::optional<double> number(const std::string& key, double least);
  std::optional<Micros> duration(const std::string& key);
  std::optional<Instant> instant(const std::string& key);
  std::vector<std::string> texts(const std::string& key);
  const YamlNode* map(const std::string& key);

  void refuse(const std::vector<std::string>& names);  // of the format, but not in this version
  // Known elsewhere: said with `where` it belongs.
  void misplaced(const std::vector<std::string>& names, const std::string& where);
  void finish(const std::vector<std::string>& also_known = {});

  std::string path_of(const std::string& key) const;
  Position at() const { return map_.at; }

 private:
  const YamlNode* find(const std::string& key, bool take);
  void invalid(const YamlNode& node, const std::string& key, const Error& error);

  const YamlNode& map_;
  std::string path_;
  std::vector<Defaults> defaults_;
  Report& report_;
  std::vector<bool> taken_;
  std::vector<std::string> asked_;
};

}  // namespace armature::dag
