/**
 * Is told of what a request asks for and does not get as it stands, where other runtimes run it all the same: the path
 * of the field, and what becomes of it.
 */
export type Warn = (field: string, problem: string) => void;
