/** The fields of a tar header of an empty file, for tests that change some. */
export const emptyFileHeader = {
  name: 'f',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  typeFlag: '0',
  linkName: '',
  deviceMajor: 0,
  deviceMinor: 0,
};
