#pragma once
namespace armature::app {
inline constexpr auto kVersion = ARMATURE_VERSION;
}
