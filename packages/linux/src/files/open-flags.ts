export { O_CLOEXEC, O_PATH } from '@berth/common/files/open-flags.ts';
