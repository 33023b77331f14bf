"""A stop set while a server runs: mutations are refused at once, reads go on, also after a restart."""


def test_a_stop_of_a_dag(provision):
    said = provision.cli("access", "stop", "dag:azure_provision", "--reason", "wrong region").stdout
    assert "dag:azure_provision" in said and "wrong region" in said
    provision.stop()
    provision.start()
    assert "wrong region" in provision.cli("access", "stops").stdout
    before = provision.effects()
    provision.trigger("azure_provision", "stopped")
    assert provision.finish("azure_provision", "stopped") == "failed"
    assert provision.effects() == before
    denied = [record for record in provision.audit(dag_run_id="stopped") if record["layer"] == "kill_switch"]
    assert denied and all(record["decision"] == "deny" for record in denied)

    provision.cli("access", "resume", "dag:azure_provision")
    again = provision.cli("access", "resume", "dag:azure_provision", check=False)
    assert again.returncode == 1 and "is not stopped" in again.stderr
    provision.trigger("azure_provision", "resumed")
    assert provision.finish("azure_provision", "resumed") == "success", provision.why("azure_provision", "resumed")
    switched = [(record["decision"], record["rule"]) for record in provision.audit() if record["kind"] == "switch"]
    assert switched == [("stop", "dag:azure_provision"), ("resume", "dag:azure_provision")]
    assert provision.cli("access", "stop", "task:x", check=False).returncode == 1
