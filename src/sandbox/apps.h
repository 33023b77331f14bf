#pragma once
// Applications: who may ask for tokens, and with which rights they begin.
//
//   Errors    kNotFound: an unknown built-in role; then nothing is made
//   Threads   any
#include "sandbox/cloud.h"

namespace armature::sandbox {

// The application of that name; made with its role assignments when absent, otherwise given the
// seed's secret and nothing else: rights that were taken away stay away.
Result<Application> ensure_app(Cloud& cloud, const AppSeed& seed);
Result<Application> ensure_app(Cloud& cloud, Change& change, const AppSeed& seed);
void set_secret(Application& app, const Secret& secret, Random& random);
bool secret_matches(const Application& app, const Secret& secret);

}  // namespace armature::sandbox
