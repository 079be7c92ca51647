/** Where a kubelet serves the streams of a runtime that answers with a path only. */
const kubelet = 'http://127.0.0.1:10250';

/** Pure: the whole URL of what a runtime answered to Exec, Attach or PortForward. */
export function streamingUrl(answered: string): string {
  if (answered === '') throw new Error('URL is not set');
  try {
    return new URL(answered, kubelet).href;
  } catch (error) {
    throw new Error(`the runtime answered with an address that is none: ${answered}`, { cause: error });
  }
}
