// Makes src/generated from proto/: the protocols of plugins' registration, of device plugins, of CSI, of drivers of
// resource claims and of PodResources. Run it with `npm run generate` after a change of the proto; it needs Debian's
// protobuf-compiler.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCodecs } from '../../cri/scripts/codecs.mjs';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
generateCodecs(packageRoot, [
  'csi.proto',
  'device-plugin.proto',
  'dra-health-v1.proto',
  'dra-health-v1alpha1.proto',
  'dra-v1.proto',
  'dra-v1beta1.proto',
  'plugin-registration.proto',
  'pod-resources.proto',
  'pod-resources-v1alpha1.proto',
]);
