using System.Globalization;
using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Packs;

namespace Adit.Content.Index;

/// <summary>
/// Chunks that were found damaged where they lie: the file <c>damaged</c>, a line for each. They count as missing there, until somebody adds them anew.
/// </summary>
internal sealed class DamagedChunks
{
    private readonly StoreFiles _files;
    private readonly string _path;
    private HashSet<(ChunkId Id, uint Pack, uint Frame)> _places;

    private DamagedChunks(StoreFiles files, string path, HashSet<(ChunkId Id, uint Pack, uint Frame)> places) =>
        (_files, _path, _places) = (files, path, places);

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<(ChunkId Id, uint Pack, uint Frame)> Places => Volatile.Read(ref _places);

    public int Count => Volatile.Read(ref _places).Count;

    /// <summary>Reads the file. A line that is none is passed over: the chunk is found again by the next check.</summary>
    public static DamagedChunks Read(StoreFiles files, string path)
    {
        HashSet<(ChunkId, uint, uint)> places = [];
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            var parts = line.Split(' ', 4);
            if (parts.Length == 3 && ChunkId.TryParse(parts[0], out var id)
                && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pack)
                && uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var frame))
                places.Add((id, pack, frame));
        }

        return new DamagedChunks(files, path, places);
    }

    /// <summary>The chunk is damaged there.</summary>
    public bool Contains(in ChunkId id, in ChunkLocation location)
    {
        var places = Volatile.Read(ref _places);
        return places.Count != 0 && places.Contains((id, location.Pack, location.Frame));
    }

    /// <summary>Where the chunk is known to be damaged; null: nowhere.</summary>
    public (uint Pack, uint Frame)? PlaceOf(ChunkId id)
    {
        foreach (var place in Volatile.Read(ref _places))
        {
            if (place.Id == id)
                return (place.Pack, place.Frame);
        }

        return null;
    }

    /// <summary>Remembers more of them, and writes the file. For one thread at a time.</summary>
    public void Add(IEnumerable<(ChunkId Id, uint Pack, uint Frame)> places)
    {
        var all = _places.Union(places).ToHashSet();
        if (all.Count != _places.Count)
            Set(all);
    }

    /// <summary>These packs are gone, and what was damaged in them. For one thread at a time.</summary>
    public void Forget(IReadOnlySet<uint> packs)
    {
        var kept = _places.Where(p => !packs.Contains(p.Pack)).ToHashSet();
        if (kept.Count != _places.Count)
            Set(kept);
    }

    private void Set(HashSet<(ChunkId Id, uint Pack, uint Frame)> places)
    {
        // In this order: a crash between leaves a chunk quarantined that is known only here, never one that was said to be quarantined and is not.
        Volatile.Write(ref _places, places);
        var text = new StringBuilder();
        foreach (var (id, pack, frame) in places)
            text.Append(CultureInfo.InvariantCulture, $"{id} {pack} {frame}\n");
        _files.Replace(_path, Encoding.ASCII.GetBytes(text.ToString()));
    }
}
