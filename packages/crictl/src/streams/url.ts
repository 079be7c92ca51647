/** The server that a URL without a host means: the kubelet, whose port serves the streams of some runtimes. */
const kubelet = 'http://127.0.0.1:10250';

/** Pure: the absolute URL that a runtime returned from Exec, Attach or PortForward. */
export function streamingUrl(returned: string): string {
  if (returned === '') throw new Error('URL is not set');
  try {
    return new URL(returned, kubelet).href;
  } catch (error) {
    throw new Error(`the runtime returned an invalid streaming URL: ${returned}`, { cause: error });
  }
}
