/** A field of a generated message as the proto names it, which errors show: `hostPath` is `host_path`. */
export function snakeCase(name: string): string {
  if (name === 'CDIDevices') return 'CDI_devices';
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
