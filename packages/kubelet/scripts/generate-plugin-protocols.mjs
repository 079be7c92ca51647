// Makes src/generated from proto/: the protocols of plugins' registration, of device plugins, of CSI and of PodResources.
// Run it with `npm run generate` after a change of the proto; it needs Debian's protobuf-compiler.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCodecs } from '../../cri/scripts/codecs.mjs';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
generateCodecs(packageRoot, [
  'csi.proto',
  'device-plugin.proto',
  'plugin-registration.proto',
  'pod-resources.proto',
  'pod-resources-v1alpha1.proto',
]);
