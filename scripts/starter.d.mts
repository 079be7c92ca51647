export function starter(name: string, cache: string): string;
