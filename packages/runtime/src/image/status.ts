import type { Image, ImageStatusRequest, ImageStatusResponse } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import { findImage, repoNames } from './names.ts';
import type { ImageRecords } from './records.ts';
import type { StoredImage } from './rows.ts';
import type { ImageService } from './service.ts';

/**
 * ImageStatus: an image by name or id. A missing one gives an empty answer and no error. An image that lacks a layer
 * on disk gives one too, so that a kubelet pulls and thereby repairs it.
 */
export async function imageStatus(
  service: ImageService,
  { image: spec, verbose }: ImageStatusRequest,
): Promise<ImageStatusResponse> {
  const { records, isPinned } = service;
  const text = spec?.image ?? '';
  if (text === '') throw invalid('image.image', 'is required');
  const found = findImage(records, text);
  if (!found || !service.isWhole(found)) return { image: undefined, info: {} };
  return { image: criImage(records, found, isPinned), info: verbose ? verboseInfo(records, found) : {} };
}

/** Converts an image to the CRI's message. Its size is the disk usage of its layers, including shared ones. */
export function criImage(
  records: ImageRecords,
  image: StoredImage,
  isPinned: (names: readonly string[]) => boolean,
): Image {
  const names = records.names(image.id);
  const layers = image.layers.map((chainId) => records.layer(chainId)?.diskBytes ?? 0);
  const size = layers.reduce((total, bytes) => total + bytes, image.configBytes);
  return {
    id: image.id,
    ...repoNames(names),
    size: BigInt(size),
    ...imageUser(image.user),
    spec: undefined,
    pinned: isPinned(names),
  };
}

/** Splits the `User` of an image configuration, as `1000:1000` or `nobody`: a number is a uid. */
export function imageUser(user: string): Pick<Image, 'uid' | 'username'> {
  const [name = ''] = user.split(':');
  return /^[0-9]{1,18}$/.test(name)
    ? { uid: { value: BigInt(name) }, username: '' }
    : { uid: undefined, username: name };
}

/** `crictl inspecti` prints this below `info`; the members are containerd's. */
function verboseInfo(records: ImageRecords, { id, layers }: StoredImage): Record<string, string> {
  return {
    info: JSON.stringify({ chainID: layers.at(-1) ?? '', imageSpec: JSON.parse(records.configText(id)) }),
  };
}
