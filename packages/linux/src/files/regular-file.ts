export {
  openRegularFile,
  openRegularFileSync,
  readEndOfRegularFile,
  readRegularFile,
  readRegularFileSync,
  UnsuitableFileError,
} from '@berth/common/files/regular-file.ts';
export { readEndOfOpenedFile, readOpenedFile } from './opened-file.ts';
