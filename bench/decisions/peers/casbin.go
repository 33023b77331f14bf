package main

import (
	"regexp"
	"strings"

	casbinlib "github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// A policy line per grant; the two questions of a line are functions in Go, the roles' patterns
// compiled once.
const casbinModel = `
[request_definition]
r = action, scope
[policy_definition]
p = role, scope
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = under(r.scope, p.scope) && permits(p.role, r.action)
`

func casbin(input cases) (decider, error) {
	made, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	enforcer, err := casbinlib.NewEnforcer(made)
	if err != nil {
		return nil, err
	}
	type compiled struct{ actions, notActions *regexp.Regexp }
	roles := map[string]compiled{}
	for _, one := range input.Roles {
		roles[one.Name] = compiled{regexp.MustCompile(expression(one.Actions)), regexp.MustCompile(expression(one.NotActions))}
	}
	enforcer.AddFunction("under", func(arguments ...any) (any, error) {
		scope, granted := arguments[0].(string), arguments[1].(string)
		return strings.HasPrefix(scope, granted) && (len(scope) == len(granted) || scope[len(granted)] == '/'), nil
	})
	enforcer.AddFunction("permits", func(arguments ...any) (any, error) {
		role, action := roles[arguments[0].(string)], arguments[1].(string)
		return role.actions.MatchString(action) && !role.notActions.MatchString(action), nil
	})
	lines := make([][]string, len(input.Grants))
	for i, grant := range input.Grants {
		lines[i] = []string{grant.Role, grant.Scope}
	}
	if _, err := enforcer.AddPolicies(lines); err != nil {
		return nil, err
	}
	return func(action, scope string) (bool, error) { return enforcer.Enforce(action, scope) }, nil
}
