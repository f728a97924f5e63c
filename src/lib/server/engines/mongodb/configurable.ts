import type { Configurable } from '../engine';
import { memoryProfile } from './container';
import { mongoSettings } from './settings';

/** The settings of a MongoDB server. What needs no restart is kept by sh0 and set again after every start: the server forgets it. */
export const mongodbConfigurable: Configurable = {
	settings: () => mongoSettings.map((setting) => setting.spec),
	profile: ({ memoryBytes }) => memoryProfile(memoryBytes),
	read: async (target) => (await import('./live-settings')).read(target),
	apply: async (target, values) => (await import('./live-settings')).apply(target, values),
};
