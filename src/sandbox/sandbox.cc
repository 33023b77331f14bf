#include "sandbox/sandbox.h"

#include <map>
#include <mutex>
#include <thread>

#include "http/cut.h"
#include "sandbox/apps.h"
#include "sandbox/cloud.h"
#include "sandbox/entra/imds.h"
#include "sandbox/frontend.h"
#include "sandbox/keyvault/data_plane.h"
#include "sandbox/owner.h"

namespace armature::sandbox {

struct Sandbox::Impl {
  std::unique_ptr<Cloud> cloud;
  mutable std::mutex mutex;
  std::vector<AppSeed> seeds;  // with the ids they got: under the mutex
  std::map<std::string, std::vector<AppSeed::Assignment>> identities;  // by resource id; the same

  std::vector<AppSeed> kept_seeds() const {
    const std::scoped_lock lock(mutex);
    return seeds;
  }
  // After a restore or a reset: those that this process was told to have are there again.
  Status ensure_identities() const {
    const std::scoped_lock lock(mutex);
    for (const auto& [id, roles] : identities) {
      if (auto made = sandbox::ensure_identity(*cloud, id, roles); !made) return made.error();
    }
    return Ok{};
  }

  void answer(const http::Request& request, http::Reply& reply) {
    const std::string path = http::path_of(request.target);
    const bool to_arm = is_arm_path(path) && !vault_address(*cloud, request);
    const auto fault = cloud->faults().take(FaultUse::kRequest, request.method, path, to_arm);
    if (!fault) return reply(serve(*cloud, request));
    if (auto refused = fault_response(*fault, cloud->clock().now())) {
      return reply(*std::move(refused));
    }
    if (fault->kind == "drop_before") return reply.drop();
    if (fault->kind == "latency" || fault->kind == "late") return reply(hold(*fault, request));
    http::Response response = serve(*cloud, request);
    if (fault->kind == "drop_after") return reply.drop();
    const std::size_t size = response.body.size();
    if (fault->kind == "drop_during" && size == 0) {
      return reply(http::cut_in_head(std::move(response)));
    }
    if (fault->kind == "drop_during") return reply(http::cut_after(std::move(response), size / 2));
    if (fault->kind == "drop_idle") return reply(http::cut_after(std::move(response), size));
    reply(std::move(response));
  }

  // The waiting is no reading of a clock: it is real, whatever the clock says.
  http::Response hold(const FaultList::Taken& fault, const http::Request& request) {
    FaultList::Held held(cloud->faults(), fault);
    if (fault.kind == "latency") held.wait();
    http::Response response = serve(*cloud, request);
    if (fault.kind == "late") held.wait();
    return response;
  }
};

Sandbox::Sandbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sandbox::~Sandbox() = default;

Result<std::unique_ptr<Sandbox>> Sandbox::open(Options options, http::Runtime& runtime,
                                               storage::Database* database, const Clock& clock,
                                               Random& random, Log& log) {
  auto impl = std::make_unique<Impl>();
  ARMATURE_TRY(impl->cloud, Cloud::open(std::move(options), runtime, database, clock, random, log));
  return std::unique_ptr<Sandbox>(new Sandbox(std::move(impl)));
}

Result<Sandbox::App> Sandbox::ensure_app(const AppSeed& seed) {
  ARMATURE_TRY(const auto app, sandbox::ensure_app(*impl_->cloud, seed));
  AppSeed kept = seed;
  kept.client_id = app.client_id;
  kept.object_id = app.object_id;
  const std::scoped_lock lock(impl_->mutex);
  std::erase_if(impl_->seeds,
                [&](const AppSeed& one) { return one.display_name == seed.display_name; });
  impl_->seeds.push_back(std::move(kept));
  return App{app.client_id, app.object_id};
}

Result<std::string> Sandbox::ensure_identity(const std::string& resource_id,
                                             const std::vector<AppSeed::Assignment>& roles) {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->identities[resource_id] = roles;
  }
  return sandbox::ensure_identity(*impl_->cloud, resource_id, roles);
}

http::Handler Sandbox::identity_handler(std::string resource_id, Secret header) {
  return http::blocking(
      impl_->cloud->runtime(),
      [cloud = impl_->cloud.get(),
       endpoint = IdentityEndpoint{std::move(resource_id), std::move(header)}](
          const http::Request& request) { return serve_identity(*cloud, endpoint, request); });
}

void Sandbox::set_public_url(std::string url) { impl_->cloud->set_url(std::move(url)); }

http::Handler Sandbox::handler() {
  return [impl = impl_.get()](http::Request request, http::Reply reply) {
    impl->cloud->runtime().run_blocking(
        [impl, request = std::move(request), reply = std::move(reply)]() mutable {
          impl->answer(request, reply);
        });
  };
}

std::string Sandbox::tenant_id() const { return impl_->cloud->tenant(); }
std::string Sandbox::subscription_id() const { return impl_->cloud->subscription(); }

Status Sandbox::add_fault(Fault fault) { return impl_->cloud->faults().add(std::move(fault)); }
Json Sandbox::faults() const { return impl_->cloud->faults().to_json(); }
Status Sandbox::remove_fault(std::int64_t id) { return impl_->cloud->faults().remove(id); }
void Sandbox::clear_faults() { impl_->cloud->faults().clear(); }

Json Sandbox::clock() const { return clock_json(*impl_->cloud); }
Status Sandbox::advance_clock(Micros by) { return sandbox::advance_clock(*impl_->cloud, by); }
Status Sandbox::set_clock(Instant to) { return sandbox::set_clock(*impl_->cloud, to); }
Result<Json> Sandbox::snapshot() const { return save_snapshot(*impl_->cloud); }
Status Sandbox::restore(const Json& snapshot) {
  ARMATURE_CHECK(restore_snapshot(*impl_->cloud, snapshot, impl_->kept_seeds()));
  return impl_->ensure_identities();
}
Status Sandbox::reset() {
  ARMATURE_CHECK(reset_all(*impl_->cloud, impl_->kept_seeds()));
  return impl_->ensure_identities();
}

Json Sandbox::status() const {
  Cloud& cloud = *impl_->cloud;
  const auto [resources, deployments] = cloud.store().read([](const State& state) {
    return std::pair(std::ssize(state.table<Record>()), std::ssize(state.table<Deployment>()));
  });
  return JsonObject{
      {"tenantId",       cloud.tenant()       },
      {"subscriptionId", cloud.subscription() },
      {"resources",      resources            },
      {"deployments",    deployments          },
      {"faults",         cloud.faults().size()},
      {"url",            cloud.url()          }
  };
}

Json Sandbox::effects() const {
  return impl_->cloud->store().read([](const State& state) -> Json {
    JsonObject out;
    for (const auto& [id, effect] : state.table<Effect>()) {
      out[id] = JsonObject{
          {"created", effect.created},
          {"updated", effect.updated},
          {"deleted", effect.deleted}
      };
    }
    return out;
  });
}

}  // namespace armature::sandbox
