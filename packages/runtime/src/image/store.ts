import type { ContentStore } from '@berth/oci/content/store.ts';
import type { Logger } from '../logging/log.ts';
import type { LayerStore } from './layer-store.ts';
import type { ImageRecords } from './records.ts';

/** All parts of the image store: records, unpacked layers, and blobs. ImageService implements it. */
export interface ImageStore {
  readonly records: ImageRecords;
  readonly layers: LayerStore;
  readonly content: ContentStore;
  readonly log: Logger;
}
