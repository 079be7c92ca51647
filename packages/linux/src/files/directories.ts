export {
  checkPlace,
  makeDirectories,
  makeDirectoriesSync,
  makePrivateDirectory,
} from '@berth/common/files/directories.ts';
