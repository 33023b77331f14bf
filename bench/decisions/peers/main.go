// Decides a file of cases with one engine and prints verdicts and times, as JSON.
//
//	peers casbin|opa|cedar CASES SECONDS
//
// SECONDS bounds the whole: what was not reached by then has no verdict.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type role struct {
	Name       string   `json:"name"`
	Actions    []string `json:"actions"`
	NotActions []string `json:"not_actions"`
}

type cases struct {
	Roles  []role `json:"roles"`
	Grants []struct {
		Role  string `json:"role"`
		Scope string `json:"scope"`
	} `json:"grants"`
	Requests []struct {
		Action string `json:"action"`
		Scope  string `json:"scope"`
	} `json:"requests"`
}

// An engine that holds the grants. Everything that a caller must do per request is inside.
type decider func(action, scope string) (bool, error)

// One expression for a list of patterns; one that matches nothing for an empty list.
func expression(patterns []string) string {
	if len(patterns) == 0 {
		return "^\\b$"
	}
	parts := make([]string, len(patterns))
	for i, pattern := range patterns {
		parts[i] = strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	}
	return "^(?:" + strings.Join(parts, "|") + ")$"
}

// The scope and all above it, the nearest first.
func ancestors(scope string) []string {
	out := []string{scope}
	for end := strings.LastIndexByte(scope, '/'); end > 0; end = strings.LastIndexByte(scope[:end], '/') {
		out = append(out, scope[:end])
	}
	return out
}

func measure(decide decider, input cases, deadline time.Time) (string, []int64, error) {
	var verdicts strings.Builder
	var took []int64
	ask := func(i int) (bool, error) {
		request := input.Requests[i]
		before := time.Now()
		allowed, err := decide(request.Action, request.Scope)
		took = append(took, time.Since(before).Nanoseconds())
		return allowed, err
	}
	for i := 0; i < len(input.Requests) && time.Now().Before(deadline); i++ {
		allowed, err := ask(i)
		if err != nil {
			return "", nil, err
		}
		if allowed {
			verdicts.WriteByte('1')
		} else {
			verdicts.WriteByte('0')
		}
	}
	if verdicts.Len() < len(input.Requests) {
		return verdicts.String(), took, nil
	}
	took = took[:0] // that round warmed up
	for i := 0; len(took) < 100_000 && time.Now().Before(deadline); i++ {
		if _, err := ask(i % len(input.Requests)); err != nil {
			return "", nil, err
		}
	}
	return verdicts.String(), took, nil
}

func run(engine, path string, seconds int) error {
	deadline := time.Now().Add(time.Duration(seconds) * time.Second)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var input cases
	if err := json.Unmarshal(text, &input); err != nil {
		return err
	}
	load, known := map[string]func(cases) (decider, error){"casbin": casbin, "opa": rego, "cedar": cedar}[engine]
	if !known {
		return fmt.Errorf("no engine is called %q", engine)
	}
	begun := time.Now()
	decide, err := load(input)
	if err != nil {
		return err
	}
	loaded := time.Since(begun)
	verdicts, took, err := measure(decide, input, deadline)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"load_ms": float64(loaded.Microseconds()) / 1000, "verdicts": verdicts, "took_ns": took})
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: peers casbin|opa|cedar CASES SECONDS")
		os.Exit(2)
	}
	seconds, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = run(os.Args[1], os.Args[2], seconds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
