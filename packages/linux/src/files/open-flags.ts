/** open(2)'s flag for a descriptor that only stands for a place; Node.js has no constant for it. */
export const O_PATH = 0o10000000;
