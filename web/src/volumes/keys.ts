import type { VolumeName } from '../api/volumes';

export const volumesKey = ['volumes'];
export const volumeKey = ({ project, volume }: VolumeName) => [...volumesKey, project, volume];
