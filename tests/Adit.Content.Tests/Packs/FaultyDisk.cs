namespace Adit.Content.Packs;

/// <summary>
/// A disk that loses power: what was not synced may be lost, in part or whole, and names that no directory's sync made durable may be as they were before.
/// And one that is full for a while. What is below <paramref name="root"/> is written to a real file system; this knows what of it would have survived.
/// </summary>
internal sealed class FaultyDisk(string root, Random random) : IFileFaults
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Content> _names = [];
    private readonly Dictionary<string, Content> _durable = [];
    private readonly List<(FileStep Step, string Path, string? Other, Content Content)> _pending = [];

    /// <summary>After so many more steps the power is off.</summary>
    public int StepsLeft { get; set; } = int.MaxValue;

    /// <summary>So many more files cannot be made or written because the disk is full.</summary>
    public int Full { get; set; }

    /// <summary>Bytes of a file as of its last sync; all of them while nobody can write to it any more.</summary>
    private sealed class Content
    {
        public byte[] Synced { get; set; } = [];

        public byte[]? Last { get; set; }
    }

    public int Before(FileStep step, string path, long offset, int length, string? other)
    {
        lock (_lock)
        {
            if (StepsLeft <= 0 || --StepsLeft == 0)
            {
                var torn = StepsLeft == 0 && step == FileStep.Write ? random.Next(length) : 0;
                StepsLeft = -1;
                return step == FileStep.Write ? torn : throw new IOException("The power is off.");
            }

            if (Full > 0 && step is FileStep.Write or FileStep.Create)
            {
                Full--;
                return step == FileStep.Write ? random.Next(length) : throw new IOException("No space left on device.");
            }

            if (step == FileStep.Delete && _names.TryGetValue(path, out var deleted) && File.Exists(path))
                deleted.Last = File.ReadAllBytes(path);
            if (step == FileStep.Rename && _names.TryGetValue(other!, out var replaced) && File.Exists(other))
                replaced.Last = File.ReadAllBytes(other);
            return length;
        }
    }

    public void After(FileStep step, string path, long offset, int length, string? other)
    {
        lock (_lock)
        {
            switch (step)
            {
                case FileStep.Create:
                    _names[path] = new Content();
                    _pending.Add((step, path, null, _names[path]));
                    break;
                case FileStep.Sync:
                    _names[path].Synced = File.ReadAllBytes(path);
                    break;
                case FileStep.Rename:
                    _names.Remove(path, out var moved);
                    _names[other!] = moved!;
                    _pending.Add((step, path, other, moved!));
                    break;
                case FileStep.Delete when _names.Remove(path, out var gone):
                    _pending.Add((step, path, null, gone));
                    break;
                case FileStep.SyncDirectory:
                    foreach (var operation in _pending.Where(o => Path.GetDirectoryName(o.Path) == path).ToArray())
                        MakeDurable(operation);
                    break;
            }
        }
    }

    /// <summary>The process was killed, and the disk has all that it wrote.</summary>
    public void Kill()
    {
        lock (_lock)
            StepsLeft = int.MaxValue;
    }

    /// <summary>Leaves on the disk what a loss of power would. Nobody may have the store open.</summary>
    public void LosePower()
    {
        lock (_lock)
        {
            foreach (var (path, content) in _names)
                content.Last = File.Exists(path) ? File.ReadAllBytes(path) : [];
            for (var survived = random.Next(_pending.Count + 1); survived > 0; survived--)
                MakeDurable(_pending[0]);
            _pending.Clear();
            foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith("lock", StringComparison.Ordinal)))
                File.Delete(file);
            _names.Clear();
            foreach (var (path, content) in _durable)
            {
                content.Synced = Survivor(content);
                content.Last = null;
                File.WriteAllBytes(path, content.Synced);
                _names[path] = content;
            }

            StepsLeft = int.MaxValue;
        }
    }

    private void MakeDurable((FileStep Step, string Path, string? Other, Content Content) operation)
    {
        _pending.Remove(operation);
        if (operation.Step != FileStep.Create)
            _durable.Remove(operation.Path);
        if (operation.Step != FileStep.Delete)
            _durable[operation.Other ?? operation.Path] = operation.Content;
    }

    // What was synced, and of what was added since a part, of which a sector may never have been written.
    private byte[] Survivor(Content content)
    {
        var last = content.Last ?? content.Synced;
        if (last.Length <= content.Synced.Length)
            return random.Next(2) == 0 ? last : content.Synced;
        var kept = last[..random.Next(content.Synced.Length, last.Length + 1)];
        if (kept.Length > content.Synced.Length && random.Next(2) == 0)
        {
            var at = random.Next(content.Synced.Length, kept.Length);
            kept.AsSpan(at, Math.Min(512, kept.Length - at)).Clear();
        }

        return kept;
    }
}
