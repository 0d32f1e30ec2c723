import { useQuery } from '@tanstack/react-query';
import { volumesApi, type VolumeName } from '../api/volumes';
import { volumeKey } from './keys';

/** The newest snapshots of a volume, to choose from: one page. */
export const useNewest = (of: VolumeName) => useQuery({ queryKey: [...volumeKey(of), 'newest'], queryFn: async () => (await volumesApi.snapshots(of)).items, staleTime: 30_000 }).data ?? [];
