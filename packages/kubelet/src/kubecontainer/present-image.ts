// An image as containers are made from it.
import type { Image } from '@berth/cri/generated/api.ts';

/** The user that an image runs as, as the runtime reports it. */
export interface ImageUser {
  /** Undefined for a user given by name. */
  uid?: bigint;
  username: string;
}

/** An image that the runtime has. */
export interface PresentImage {
  /** What CreateContainer is given: the runtime's id of the image. */
  ref: string;
  user: ImageUser;
}

/** What the runtime says about an image that it has. */
export function presentImage(image: Image): PresentImage {
  if (image.uid) return { ref: image.id, user: { uid: image.uid.value, username: '' } };
  // An image that names no user runs as root.
  return { ref: image.id, user: image.username ? { username: image.username } : { uid: 0n, username: '' } };
}
