package main

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	regolib "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// Grants as data by scope: a decision looks at the scopes above the asked one, not at all grants.
const regoPolicy = `
package armature

default allow := false

allow if {
	some scope in input.scopes
	some role in data.grants[scope]
	regex.match(data.roles[role].actions, input.action)
	not regex.match(data.roles[role].not_actions, input.action)
}
`

func rego(input cases) (decider, error) {
	roles, grants := map[string]any{}, map[string]any{}
	for _, one := range input.Roles {
		roles[one.Name] = map[string]any{"actions": expression(one.Actions), "not_actions": expression(one.NotActions)}
	}
	for _, grant := range input.Grants {
		held, _ := grants[grant.Scope].([]any)
		grants[grant.Scope] = append(held, grant.Role)
	}
	store := inmem.NewFromObjectWithOpts(map[string]any{"roles": roles, "grants": grants}, inmem.OptReturnASTValuesOnRead(true))
	ctx := context.Background()
	query, err := regolib.New(regolib.Query("data.armature.allow"), regolib.Module("armature.rego", regoPolicy),
		regolib.Store(store)).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	return func(action, scope string) (bool, error) {
		above := ancestors(scope)
		scopes := make([]*ast.Term, len(above))
		for i, one := range above {
			scopes[i] = ast.StringTerm(one)
		}
		asked := ast.NewObject([2]*ast.Term{ast.StringTerm("action"), ast.StringTerm(action)},
			[2]*ast.Term{ast.StringTerm("scopes"), ast.ArrayTerm(scopes...)})
		found, err := query.Eval(ctx, regolib.EvalParsedInput(asked))
		return found.Allowed(), err
	}, nil
}
