// The pod that the requests of requests.ts are about. It has all that statistics tell of a pod, because which others
// there are when they are asked for depends on how fast a side is.
import { group, pod, script, sleeper } from './pod.ts';

const limited = { resources: { limits: { cpu: '500m', memory: '64Mi' } } };

export const serverCases = group('server', [
  pod('target', {
    containers: [
      script(
        'main',
        // Between lines of two streams no runtime knows an order.
        'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; printf "no end of line"; busybox httpd -p 8080 -h /etc; trap "exit 0" TERM; while true; do sleep 1000 & wait $!; done',
        limited,
      ),
      sleeper('side', limited),
    ],
  }),
]);
