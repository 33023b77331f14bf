"""A TCP proxy between one client and the gateway that cuts the next exchange when it is told to: before the request has
gone on, before its answer has come back, or in the middle of the answer. It sees TLS records, not what is in them: the
first two exchanges of a connection may be the handshake, and pass.
"""
import socket
import threading

PASS = 2  # exchanges at the begin of a connection


class CuttingProxy:
    def __init__(self, port):
        self.to, self.lock, self.next = port, threading.Lock(), None
        self.door = socket.create_server(("localhost", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def cut_next(self, place, on_cut):
        """`place`: before_send, after_send or mid_response; on_cut is called once the connection is cut."""
        with self.lock:
            self.next = (place, on_cut)

    def cut_nothing(self):
        with self.lock:
            self.next = None

    def take(self):
        with self.lock:
            taken, self.next = self.next or ("", None), None
            return taken

    def accept(self):
        while True:
            client, _ = self.door.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(("localhost", self.to))
        except OSError:
            client.close()
            return
        exchange = dict(number=0, asking=False, cut="", on_cut=None)

        def forward(source, sink, from_client):
            cut = False
            try:
                while not cut and (data := source.recv(65536)):
                    if from_client and not exchange["asking"]:
                        exchange["number"] += 1
                        exchange["asking"] = True
                        if exchange["number"] > PASS:
                            exchange["cut"], exchange["on_cut"] = self.take()
                    exchange["asking"] = from_client
                    cut = exchange["cut"] == "before_send" if from_client else bool(exchange["cut"])
                    if cut and exchange["cut"] == "mid_response":
                        sink.sendall(data[:len(data) // 2])
                    if not cut:
                        sink.sendall(data)
            except OSError:
                pass
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            if cut:
                exchange["on_cut"]()

        back = threading.Thread(target=forward, args=(server, client, False), daemon=True)
        back.start()
        forward(client, server, True)
        back.join()
        client.close()
        server.close()
