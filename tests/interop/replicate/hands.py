"""Two receivers of REPLICATE requests, each on a devices folder of its own: Swift's servers, called without sockets, and
ours behind replicate_probe."""
import io
import json
import logging

from interop.broker.swift_hand import at_time
from interop.probe_program import ProbeProgram
from swift.account.server import AccountController
from swift.common import utils
from swift.common.swob import Request
from swift.container.server import ContainerController

PREFIX, SUFFIX = 'pre', 'suf'
utils.HASH_PATH_PREFIX = PREFIX.encode()
utils.HASH_PATH_SUFFIX = SUFFIX.encode()
logging.disable(logging.CRITICAL)


class SwiftReceiver:
    def __init__(self, kind, devices):
        controller = AccountController if kind == 'account' else ContainerController
        self.server = controller({'devices': devices, 'mount_check': 'false', 'fallocate_reserve': '0'})

    def ask(self, target, body, now):
        """(status, content type, body text)"""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request.blank(target, environ={'REQUEST_METHOD': 'REPLICATE', 'wsgi.input': io.BytesIO(data)})
        with at_time(now):
            response = request.get_response(self.server)
        return response.status_int, response.headers['Content-Type'], response.body.decode()


class OurReceiver:
    def __init__(self, kind, devices):
        self.request = {'kind': kind, 'devices': devices, 'prefix': PREFIX, 'suffix': SUFFIX}
        self.probe = ProbeProgram('replicate_probe')
        self.log = []

    def ask(self, target, body, now):
        text = body.decode() if isinstance(body, bytes) else json.dumps(body)
        request = dict(self.request, target=target, body=text, now=now)
        answer = self.probe.ask(request)
        self.log = answer['log']
        return answer['status'], answer['type'], answer['body']

    def close(self):
        self.probe.close()
