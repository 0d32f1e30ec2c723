using System.Diagnostics;
using System.Text;
using Adit.Content.Trees;
using Adit.Testing;

namespace Adit.Content.Files;

/// <summary>A store and directories to scan and to check out to, all on a disk, and what of a directory can be compared.</summary>
internal sealed class Workplace : IAsyncDisposable
{
    private readonly TestStore _store;

    private Workplace(TestStore store, TempDirectory? directory)
    {
        _store = store;
        Temp = directory ?? new TempDirectory();
        Directory.CreateDirectory(Source);
    }

    public TempDirectory Temp { get; }

    public string Source => Temp.File("source");

    public string Copy => Temp.File("copy");

    public string IndexPath => Temp.File("index");

    public ContentStore Store => _store.Store;

    public static async Task<Workplace> OpenAsync(TempDirectory? directory = null) => new(await TestStore.OpenAsync(), directory);

    /// <summary>The path of a name in the source.</summary>
    public string At(string name) => Path.Combine(Source, name);

    /// <summary>Writes a file in the source, whose bytes its content's length and a number make.</summary>
    public string Write(string name, int length, int seed = 1)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), Bytes(length, seed));
        return At(name);
    }

    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Scans; the clock is by default so much later that no file is young.</summary>
    public Task<ScanResult> ScanAsync(string? directory = null, string? index = null, ScanOptions? options = null) => TreeScan.RunAsync(
        Store, directory ?? Source, (options ?? new ScanOptions { Time = new ManualTimeProvider() }) with { IndexPath = index, Workers = 3 }, CancellationToken.None);

    public Task<CheckoutResult> CheckOutAsync(DirectoryRef root, string? directory = null, CheckoutOptions? options = null, IChunkStore? store = null) =>
        TreeCheckout.RunAsync(store ?? Store, root, directory ?? Copy, (options ?? new CheckoutOptions()) with { Workers = 3 }, CancellationToken.None);

    public async Task<TreeEntry[]> ListAsync(DirectoryRef root) => await new TreeReader(Store).ListAsync(root.Id).ToArrayAsync();

    /// <summary>What find(1) says of all in a directory: type, mode, size, time, link, and the bytes of files; slow and obvious.</summary>
    public static string Describe(string directory, bool withTimes = true)
    {
        var described = new StringBuilder();
        foreach (var path in Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Order(StringComparer.Ordinal))
        {
            var file = new FileInfo(path);
            var name = Path.GetRelativePath(directory, path);
            if (file.LinkTarget is { } target)
                described.AppendLine($"{name} -> {target}");
            else if (file.Attributes.HasFlag(FileAttributes.Directory))
                described.AppendLine($"{name}/ {file.UnixFileMode}");
            else
                described.AppendLine($"{name} {file.UnixFileMode} {(withTimes ? file.LastWriteTimeUtc.Ticks : 0)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}");
        }

        return described.ToString();
    }

    /// <summary>Runs a command and returns what it writes.</summary>
    public static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {await error}");
        return output;
    }

    /// <summary>A shell in a directory: for what .NET has no way to.</summary>
    public static Task<string> ShellAsync(string directory, string script) => RunAsync("sh", "-c", $"cd '{directory}' && {script}");

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Temp.Dispose();
    }
}
