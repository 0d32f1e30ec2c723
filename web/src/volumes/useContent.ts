import { useQuery } from '@tanstack/react-query';
import { volumesApi, type VolumeName } from '../api/volumes';
import { volumeKey } from './keys';

// What was looked at is not kept for long: it may be megabytes.
const keptMs = 60_000;

/** The bytes of a file of a snapshot, when it has no more than `most`. */
export const useContent = (of: VolumeName, snapshot: string, path: string, most: number) =>
  useQuery({
    queryKey: [...volumeKey(of), 'content', snapshot, path, most],
    queryFn: ({ signal }) => volumesApi.content(of, snapshot, path, most, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: keptMs,
  });
