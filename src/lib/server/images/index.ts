export { createImages, type ImageRow, type Images, type ImageWanted } from './images';
export type { NewerImage } from './newest';
export type { ImageOptions, ReadyImage } from './sources';
