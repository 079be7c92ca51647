import packageJson from '../../../package.json' with { type: 'json' };

/** The version of Berth, which only the package.json of the repository says. */
export const berthVersion: string = packageJson.version;
