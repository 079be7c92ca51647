// The manifests that the documents leave to their readers.
import { demoImage } from '@berth/berth/images/demo-image.ts';

/** A script that prints that it starts, and serves a page until it is ended. */
export function serving(name: string, port: number): string {
  return `echo "${name} starts"
trap 'exit 0' TERM
httpd -f -p ${port} -h /www & wait`;
}

/** A pod with a container named web; `extra` are fields of its specification. */
export function pod(name: string, port: number, extra: object = {}): object {
  const greet = `mkdir -p /www; echo "Hello from pod ${name}" > /www/index.html`;
  const web = {
    name: 'web',
    image: demoImage,
    // With a probe berth up has no need to watch the pod for some seconds.
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    command: ['sh', '-c', `${greet}\n${serving(name, port)}`],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 5, containers: [web], ...extra },
  };
}

/** A Deployment of so many such pods. */
export function deployment(name: string, port: number, replicas: number): object {
  const { spec } = pod(name, port) as { spec: object };
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
