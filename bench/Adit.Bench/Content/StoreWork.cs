using Adit.Content;
using Adit.Content.Files;
using Adit.Content.Trees;

namespace Adit.Bench.Content;

/// <summary>One piece of work with the content store, in a process of its own so that its CPU time and memory are its own. Prints one line for who started it.</summary>
internal static class StoreWork
{
    /// <summary>Brings a directory to a store: prints files, bytes read, bytes stored, peak memory.</summary>
    public static async Task SnapshotAsync(string directory, string store, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(store);
        await using var content = await ContentStore.OpenAsync(new ContentStoreOptions { Directory = Path.Combine(store, "content") }, cancellationToken);
        var result = await TreeScan.RunAsync(content.ForOwnFrames, directory, new ScanOptions { IndexPath = Path.Combine(store, "scan.index") }, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(store, "root"), $"{result.Root.Id} {result.Root.Entries} {result.Root.Files} {result.Root.Bytes}", cancellationToken);
        await Console.Out.WriteLineAsync($"done {result.Files} {result.BytesRead} {result.StoredBytes} {Peak()}");
    }

    /// <summary>Checks the last snapshot out into a directory that is not there yet.</summary>
    public static async Task RestoreAsync(string directory, string store, CancellationToken cancellationToken)
    {
        var root = (await File.ReadAllTextAsync(Path.Combine(store, "root"), cancellationToken)).Split(' ');
        if (!Adit.Content.Chunks.ChunkId.TryParse(root[0], out var id))
            throw new InvalidDataException("There is no root.");
        await using var content = await ContentStore.OpenAsync(new ContentStoreOptions { Directory = Path.Combine(store, "content") }, cancellationToken);
        var result = await TreeCheckout.RunAsync(
            content, new DirectoryRef(id, long.Parse(root[1]), long.Parse(root[2]), long.Parse(root[3])), directory, new CheckoutOptions(), cancellationToken);
        await Console.Out.WriteLineAsync($"done {result.Files} {result.BytesWritten} 0 {Peak()}");
    }

    private static long Peak()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
    }
}
