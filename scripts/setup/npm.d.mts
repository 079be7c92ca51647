/** Whether node_modules is what `installDependencies` made of today's package-lock.json. */
export function dependenciesAreCurrent(root: string): boolean;

/** Runs `npm ci` without install scripts. Rejects with npm's output. */
export function installDependencies(root: string): Promise<void>;
