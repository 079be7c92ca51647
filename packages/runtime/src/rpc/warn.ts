/**
 * Called for a field of a request that does not take effect as it is, where other runtimes accept it: the path of
 * the field, and what happens to it.
 */
export type Warn = (field: string, problem: string) => void;
