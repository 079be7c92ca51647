// The syntax of image names, NAME[:TAG][@DIGEST]. Does not check the parts.

export interface ImageNameParts {
  /** `registry.example:5000/team/app`: a colon before the last slash belongs to a port. */
  name: string;
  tag: string | undefined;
  digest: string | undefined;
}

/** Pure: the parts of an image name; a tag or a digest may be empty where its separator stands without one. */
export function splitImageName(image: string): ImageNameParts {
  const at = image.indexOf('@');
  const [named, digest] = at === -1 ? [image, undefined] : [image.slice(0, at), image.slice(at + 1)];
  const colon = named.lastIndexOf(':');
  if (colon <= named.lastIndexOf('/')) return { name: named, tag: undefined, digest };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}
