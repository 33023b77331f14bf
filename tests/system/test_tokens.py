"""Tokens are bound to an attempt and a DAG, and no secret is found where it must not be."""
import pathlib
import subprocess

from conftest import SUBSCRIPTION, bash_dag

MINE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mine"
CURL = ("printf 'Authorization: Bearer %s' \"$TOKEN\" | curl -s -o body -w '%{http_code}' -H @- "
        "--cacert \"$ARMATURE_CA_FILE\" \"$ARMATURE_GATEWAY_URL$TARGET?api-version=2021-04-01\"")


def test_the_first_attempts_token_ends_with_the_second(server, tmp_path):
    kept = tmp_path / "kept-token"
    server.write_dag("fence.yaml", bash_dag("fence", "Reader", MINE, f"""
if [ "$AIRFLOW_CTX_TRY_NUMBER" = 1 ]; then
  TOKEN=$ARMATURE_TOKEN TARGET={MINE}
  code=$({CURL}); echo "first attempt, own token: $code"
  umask 077; printf '%s' "$ARMATURE_TOKEN" > {kept}
  exit 1
fi
TARGET={MINE}
TOKEN=$(cat {kept}); echo "second attempt, first token: $({CURL})"; cat body; echo
TOKEN=$ARMATURE_TOKEN; echo "second attempt, own token: $({CURL})"
""", retries=1))
    server.start()
    server.trigger("fence", "one")
    assert server.finish("fence", "one") == "success", server.why("fence", "one")
    # 404: allowed through, and no such group there.
    assert "first attempt, own token: 404" in server.task_log("one", "work", 1)
    second = server.task_log("one", "work", 2)
    assert "second attempt, first token: 401" in second
    assert "InvalidAuthenticationToken" in second or "ExpiredAuthenticationToken" in second
    assert "second attempt, own token: 404" in second
    # And when the attempt has ended, its token has too.
    header = f"Authorization: Bearer {kept.read_text()}"
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "@-", "--cacert",
                           server.address["ca_file"], server.address["gateway_url"] + MINE + "?api-version=2021-04-01"],
                          input=header, capture_output=True, text=True, check=True)
    assert done.stdout == "401"


def test_a_dags_token_is_refused_for_anothers_scope(server):
    server.write_dag("other.yaml", bash_dag("other", "Reader", MINE, f"""
TOKEN=$ARMATURE_TOKEN TARGET=/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs
echo "theirs: $({CURL})"; cat body; echo
TARGET=/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mine-too
echo "a name that begins like mine: $({CURL})"
TARGET={MINE}/../rg-theirs
echo "dots: $(printf 'Authorization: Bearer %s' "$TOKEN" | curl -s --path-as-is -o body -w '%{{http_code}}' -H @- --cacert "$ARMATURE_CA_FILE" "$ARMATURE_GATEWAY_URL$TARGET?api-version=2021-04-01")"
"""))
    server.start()
    server.trigger("other", "one")
    assert server.finish("other", "one") == "success", server.why("other", "one")
    log = server.task_log("one", "work")
    assert "theirs: 403" in log and "AuthorizationFailed" in log
    assert "a name that begins like mine: 403" in log
    assert "dots: 400" in log


def everything_below(folder):
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_no_secret_where_it_must_not_be(provision, tmp_path):
    seen = tmp_path / "seen"
    provision.write_dag("planted.yaml", bash_dag("planted", "Reader", MINE, f"""
umask 077
printf '%s' "$ARMATURE_TOKEN" > {seen}
echo "a careless echo: $ARMATURE_TOKEN"
echo "$ARMATURE_TOKEN"
ps axww -o args
"""))
    provision.trigger("azure_provision", "first")
    provision.trigger("planted", "one")
    assert provision.finish("azure_provision", "first") == "success", provision.why("azure_provision", "first")
    assert provision.finish("planted", "one") == "success", provision.why("planted", "one")
    processes = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=True).stdout
    token = seen.read_bytes()
    secret = (provision.data / "secrets" / "provisioner").read_bytes().strip()
    api = (provision.data / "api_token").read_bytes().strip()
    homes = {provision.data / "secrets" / "provisioner", provision.data / "api_token"}
    planted = [token, token.split(b".")[2], secret, api]
    assert all(len(value) > 20 for value in planted)
    for value in planted:
        assert value not in processes
    for path, content in everything_below(tmp_path):
        if path == seen or path in homes:
            continue
        for value in planted:
            assert value not in content, f"a secret stands in {path}"
    assert "a careless echo: ***" in provision.task_log("one", "work")
    xcom = provision.api("GET", "/api/v2/dags/planted/dagRuns/one/taskInstances/work/xcomEntries/return_value")
    assert token.decode() not in str(xcom)
    for home in homes | {provision.data / "ca" / "ca.key"}:
        assert home.stat().st_mode & 0o077 == 0, home
