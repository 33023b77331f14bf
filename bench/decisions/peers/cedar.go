package main

import (
	"fmt"
	"strconv"
	"strings"

	cedarlib "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

// A policy per role, and the grants as entities: a granted scope is a member of what its role was
// granted on, a scope is a member of the one above it.
func policies(input cases) string {
	var out strings.Builder
	like := func(patterns []string) string {
		parts := make([]string, len(patterns))
		for i, pattern := range patterns {
			parts[i] = "context.action like " + strconv.Quote(pattern)
		}
		return "(" + strings.Join(parts, " || ") + ")"
	}
	for _, one := range input.Roles {
		fmt.Fprintf(&out, "permit(principal, action, resource in Granted::%q) when { %s", one.Name, like(one.Actions))
		if len(one.NotActions) > 0 {
			fmt.Fprintf(&out, " && !%s", like(one.NotActions))
		}
		out.WriteString(" };\n")
	}
	return out.String()
}

// The asked scope and all above it, with what is granted there.
func entities(scope string, granted map[string][]types.EntityUID) types.EntityMap {
	above := ancestors(scope)
	out := make(types.EntityMap, len(above))
	for i, one := range above {
		parents := granted[one]
		if i+1 < len(above) {
			parents = append(parents[:len(parents):len(parents)], scopeNamed(above[i+1]))
		}
		uid := scopeNamed(one)
		out[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(parents...)}
	}
	return out
}

func scopeNamed(text string) types.EntityUID { return types.NewEntityUID("Scope", types.String(text)) }

func cedar(input cases) (decider, error) {
	set, err := cedarlib.NewPolicySetFromBytes("grants.cedar", []byte(policies(input)))
	if err != nil {
		return nil, err
	}
	granted := map[string][]types.EntityUID{}
	for _, grant := range input.Grants {
		granted[grant.Scope] = append(granted[grant.Scope], types.NewEntityUID("Granted", types.String(grant.Role)))
	}
	principal, call := types.NewEntityUID("Attempt", "etl"), types.NewEntityUID("Action", "call")
	return func(action, scope string) (bool, error) {
		decision, _ := cedarlib.Authorize(set, entities(scope, granted), types.Request{Principal: principal, Action: call,
			Resource: scopeNamed(scope),
			Context:  types.NewRecord(types.RecordMap{"action": types.String(action)})})
		return decision == types.Allow, nil
	}, nil
}
