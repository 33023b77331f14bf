"""The doors into the gateway, each with clients that every machine has: curl and Python's own library."""
import urllib.error
import urllib.request

from conftest import SUBSCRIPTION, bash_dag

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-doors"
OTHER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-other"


def run(server, dag_id, command, ttl="1h"):
    """The log of a task with Contributor on rg-doors; the run must succeed."""
    server.write_dag(f"{dag_id}.yaml", bash_dag(dag_id, "Contributor", GROUP, command, max_token_ttl=ttl))
    server.trigger(dag_id, "one")
    assert server.finish(dag_id, "one") == "success", server.why(dag_id, "one")
    return server.task_log("one", "work")


ASK = """ask() { curl -s -w ' %{http_code}' "$@"; echo; }
ARM='resource=https://management.azure.com/'
"""


def test_managed_identity_answers_with_the_attempts_own_token(server):
    server.start()
    log = run(server, "identity", ASK + f"""
TOKEN=$(curl -s -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&$ARM" |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
for scope in {GROUP} {OTHER}; do
  printf 'Authorization: Bearer %s' "$TOKEN" |
    ask -X PUT -H @- -H 'Content-Type: application/json' -d '{{"location":"westeurope"}}' \\
        --cacert "$ARMATURE_CA_FILE" "$ARMATURE_GATEWAY_URL$scope?api-version=2021-04-01"
done
echo "imds:$(ask -o /dev/null -H 'Metadata: true' "$AZURE_POD_IDENTITY_AUTHORITY_HOST/metadata/identity/oauth2/token?api-version=2018-02-01&$ARM")"
echo "guess:$(ask -H 'X-IDENTITY-HEADER: guess' "$IDENTITY_ENDPOINT?api-version=2019-08-01&$ARM")"
echo "graph:$(ask -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=https://graph.microsoft.com")"
echo "careless: $IDENTITY_HEADER $ARM_MSI_ENDPOINT"
""")
    assert " 201" in log, log
    assert "AuthorizationFailed" in log and "rg-other" in log and " 403" in log
    assert "imds: 200" in log
    assert "guess:" in log and " 401" in log
    assert "is not one that tasks reach" in log
    assert "eyJ" not in log, "a token or credential is in a task's log"


def test_managed_identity_renews_for_as_long_as_the_attempt_lives(server):
    server.start()
    log = run(server, "long", ASK + f"""
code() {{ printf 'Authorization: Bearer %s' "$1" | curl -s -o /dev/null -w '%{{http_code}}' -H @- \\
          --cacert "$ARMATURE_CA_FILE" "$ARMATURE_GATEWAY_URL{GROUP}?api-version=2021-04-01"; }}
echo "at first $(code "$ARMATURE_TOKEN")"
until [ "$(code "$ARMATURE_TOKEN")" = 401 ]; do :; done
for again in 1 2 3 4 5; do  # a busy machine may use up a token before it is sent
  TOKEN=$(curl -s -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&$ARM" |
          python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
  CODE=$(code "$TOKEN"); [ "$CODE" = 401 ] || break
done
echo "renewed $CODE"
""", ttl="5s")
    assert "at first 404" in log and "renewed 404" in log, log


def test_a_credential_ends_with_its_attempt(server, tmp_path):
    server.start()
    kept = tmp_path / "kept"
    run(server, "ends", f"umask 077; printf %s \"$IDENTITY_HEADER\" > {kept}")
    request = urllib.request.Request(
        server.address["identity_url"] + "/msi/token?api-version=2019-08-01&resource=https://management.azure.com",
        headers={"X-IDENTITY-HEADER": kept.read_text()})
    try:
        urllib.request.urlopen(request)
        raise AssertionError("an ended attempt got a token")
    except urllib.error.HTTPError as error:
        assert error.code == 401
        assert "has ended" in error.read().decode()


PROXY = """call() { curl -s -w ' %{http_code}' "$@" 2>&1; echo; }
"""


def test_the_proxy_lets_clients_keep_azures_names(server):
    server.start()
    log = run(server, "proxy", PROXY + f"""
for scope in {GROUP} {OTHER}; do
  call -X PUT -H 'Authorization: Bearer a-dummy' -H 'Content-Type: application/json' -d '{{"location":"westeurope"}}' \\
       "https://management.azure.com$scope?api-version=2021-04-01"
done
echo "delete: $(curl -s -D - -o /dev/null -X DELETE "https://management.azure.com{GROUP}?api-version=2021-04-01" | grep -i ^location)"
""")
    assert " 201" in log, log
    assert "AuthorizationFailed" in log and "rg-other" in log and " 403" in log
    assert "location: https://management.azure.com/" in log.lower(), log


def test_the_proxy_with_the_standard_library_of_python(server):
    server.start()
    script = server.log.parent / "client.py"
    script.write_text(f"""
import os, ssl, urllib.error, urllib.request
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
trust.verify_flags |= ssl.VERIFY_X509_STRICT
for scope in ("{GROUP}", "{OTHER}"):
    request = urllib.request.Request("https://management.azure.com" + scope + "?api-version=2021-04-01")
    try:
        print(urllib.request.urlopen(request, context=trust).status)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode())
""")
    log = run(server, "python", f"python3 {script}")
    assert "404" in log and "ResourceGroupNotFound" in log, log
    assert "403" in log and "AuthorizationFailed" in log, log


def test_the_proxy_refuses_other_hosts_and_strangers(server):
    server.start(**{"gateway.proxy_tunnel": "*.invalid"})
    log = run(server, "others", """
for url in https://example.com https://login.microsoftonline.com https://management.azure.com.evil.example \\
           https://management.azure.com:8443 https://management.azure.com. https://127.0.0.2 https://no-such.invalid; do
  echo "$url $(curl -s -o /dev/null -w '%{http_connect}' "$url")"
done
echo "text: $(curl -sv https://example.com 2>&1 | grep -c 'CONNECT tunnel failed, response 403')"
echo "plain: $(HTTP_PROXY=x http_proxy=$HTTPS_PROXY curl -s http://example.com)"
echo "stranger: $(curl -s -o /dev/null -w '%{http_connect}' -x "http://${HTTPS_PROXY#*@}" https://management.azure.com)"
echo "guess: $(curl -s -o /dev/null -w '%{http_connect}' -x "http://a:b@${HTTPS_PROXY#*@}" https://management.azure.com)"
""")
    for line in ("https://example.com 403", "https://login.microsoftonline.com 403", "evil.example 403", ":8443 403",
                 "https://management.azure.com. 400", "https://127.0.0.2 400", "https://no-such.invalid 502", "text: 1",
                 "takes CONNECT alone", "stranger: 407", "guess: 407"):
        assert line in log, (line, log)
