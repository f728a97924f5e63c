import type { EngineVersion } from './engine';

/** Versions with an official image of their own tag, such as `postgres:17`; the first one is the default. */
export function officialVersions(image: string, versions: string[]): EngineVersion[] {
	return versions.map((version, index) => ({
		version,
		image: `${image}:${version}`,
		isDefault: index === 0,
	}));
}
