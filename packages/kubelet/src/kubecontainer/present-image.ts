// The id and default user of a pulled image, from which containers are created.
import type { Image } from '@berth/cri/generated/api.ts';

/** The user that an image runs as, as the runtime reports it. */
export interface ImageUser {
  /** Undefined for a user given by name. */
  uid?: bigint;
  username: string;
}

/** An image that the runtime has. */
export interface PresentImage {
  /** The runtime's id of the image, for CreateContainer. */
  ref: string;
  user: ImageUser;
}

/** Converts the runtime's description of an image. */
export function presentImage(image: Image): PresentImage {
  if (image.uid) return { ref: image.id, user: { uid: image.uid.value, username: '' } };
  // An image that names no user runs as root.
  return { ref: image.id, user: image.username ? { username: image.username } : { uid: 0n, username: '' } };
}
