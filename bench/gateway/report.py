"""Figures into the table that is printed and the JSON that is kept."""
import statistics

GOALS = {"ratio": 0.9, "added_p99_us": 1000, "idle_mib": 200}


# Straight to the fake Azure nobody waits for this long, unless the machine was busy with something else.
DISTURBED_US = 10_000


def added(result, percentile):
    """Median over the calm rounds of (through the proxy − straight), µs; None: no round was calm."""
    calm = [(through, direct) for through, direct in zip(result["through"], result["direct"]) if direct["p99_us"] < DISTURBED_US]
    return statistics.median(through[percentile] - direct[percentile] for through, direct in calm) if calm else None


def document(results, missing, facts):
    out = {**facts, "goals": GOALS, "missing": missing, "proxies": {}}
    base = results.get("nginx")
    for name, result in results.items():
        row = {"remark": result["remark"], "requests_per_second": statistics.median(result["rates"]),
               "requests_per_cpu_second": statistics.median(result["per_cpu_second"]), "cpu_share": result["cpu_share"],
               "threads_us_per_request": result["threads_us_per_request"], "rounds": result}
        if base:
            ratios = [own / nginx for own, nginx in zip(result["per_cpu_second"], base["per_cpu_second"])]
            row["ratio"] = statistics.median(ratios)
        if result["through"]:
            row.update(half_rate=result["half_rate"], added_p50_us=added(result, "p50_us"), added_p99_us=added(result, "p99_us"))
        if "idle_mib" in result:
            row["idle_mib"] = result["idle_mib"]
            row["calm_rounds"] = sum(direct["p99_us"] < DISTURBED_US for direct in result["direct"])
        if "idle_missing" in result:
            row["idle_missing"] = result["idle_missing"]
        out["proxies"][name] = row
    return out


def cell(value, form):
    return form.format(value) if value is not None else "–"


def table(found):
    head = ["proxy", "req/s", "req/CPU-s", "÷ nginx", "half load", "+p50 µs", "+p99 µs", "10k idle TLS", "CPU"]
    rows = [head]
    for name, row in found["proxies"].items():
        rows.append([name, f"{row['requests_per_second']:.0f}", f"{row['requests_per_cpu_second']:.0f}", cell(row.get("ratio"), "{:.2f}"),
                     cell(row.get("half_rate"), "{:.0f}/s"), cell(row.get("added_p50_us"), "{:.0f}"), cell(row.get("added_p99_us"), "{:.0f}"),
                     cell(row.get("idle_mib"), "{:.0f} MiB"), f"{row['cpu_share']:.2f}"])
    rows.append(["goal for armature", "", "", f"≥ {GOALS['ratio']}", "", "", f"< {GOALS['added_p99_us']}", f"< {GOALS['idle_mib']} MiB", ""])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [f"== gateway ({found['machine']}, TLS 1.3 in, {found['upstream']} to upstream, {found['connections']} connections, 1 KiB answers)"]
    for row in rows:
        lines.append("  ".join([row[0].ljust(widths[0])] + [one.rjust(width) for one, width in zip(row[1:], widths[1:])]))
    for name, row in found["proxies"].items():
        lines.append(f"   {name}: {row['remark']}; µs of CPU a request by thread: " +
                     ", ".join(f"{key} {value}" for key, value in list(row["threads_us_per_request"].items())[:6]))
    lines += [f"   {name}: idle connections: {row['idle_missing']}" for name, row in found["proxies"].items() if "idle_missing" in row]
    lines += [f"   {name}: not measured: {why}" for name, why in found["missing"].items()]
    lines.append(f"took {found['took_seconds']} s")
    return "\n".join(lines)
