// The pod that the requests of requests.ts are about.
import { group, pod, script, sleeper } from './pod.ts';

export const serverCases = group('server', [
  pod('target', {
    containers: [
      script(
        'main',
        'echo one; echo two >&2; echo three; printf "no end of line"; busybox httpd -p 8080 -h /etc; trap "exit 0" TERM; while true; do sleep 1000 & wait $!; done',
      ),
      sleeper('side'),
    ],
  }),
]);
