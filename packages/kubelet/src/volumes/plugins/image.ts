// image volumes: the content of an OCI image or artifact. The kubelet pulls it like the image of a container
// (pods/effects/prepare-pod.ts), and the runtime mounts it.
// https://kubernetes.io/docs/concepts/storage/volumes/#image
import type { VolumePlugin } from '../plugin.ts';

/** The plugin of image volumes. */
export const imagePlugin: VolumePlugin = {
  kind: 'image',
  isLive: false,
  setUp: async () => ({ from: 'image' }),
};
