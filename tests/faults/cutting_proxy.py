"""A TCP proxy between a client and the gateway that cuts connections: before a request has gone on, before its answer
has come back, or in the middle of the answer. It sees TLS records, not what is in them: the first two exchanges of a
connection are the handshake and the first request, and pass.
"""
import random
import socket
import threading

PASS = 2  # exchanges at the begin of a connection
CUT_ONE_IN = 5


class CuttingProxy:
    def __init__(self, port, seed=1):
        self.to, self.dice, self.lock = port, random.Random(seed), threading.Lock()
        self.door = socket.create_server(("localhost", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.door.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def choose(self):
        with self.lock:
            return self.dice.choice(("before", "after", "during")) if self.dice.randrange(CUT_ONE_IN) == 0 else ""

    def serve(self, client):
        try:
            server = socket.create_connection(("localhost", self.to))
        except OSError:
            client.close()
            return
        exchange = dict(number=0, asking=False, cut="")

        def forward(source, sink, from_client):
            try:
                while data := source.recv(65536):
                    if from_client:
                        if not exchange["asking"]:
                            exchange["number"] += 1
                            exchange["asking"] = True
                            exchange["cut"] = self.choose() if exchange["number"] > PASS else ""
                        if exchange["cut"] == "before":
                            break
                    else:
                        exchange["asking"] = False
                        if exchange["cut"]:
                            if exchange["cut"] == "during":
                                sink.sendall(data[:len(data) // 2])
                            break
                    sink.sendall(data)
            except OSError:
                pass
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        back = threading.Thread(target=forward, args=(server, client, False), daemon=True)
        back.start()
        forward(client, server, True)
        back.join()
        client.close()
        server.close()
