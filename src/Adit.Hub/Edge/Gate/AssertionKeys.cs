using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The keys that sign <see cref="Assertions"/>: P-256, one PEM file each (mode 600) under <c>assertion-keys</c> in the data directory,
/// named by when they were made. A new one is made every 30 days and is shown to the world for a day before it signs; an old one is shown
/// for a day after it signed last.
/// </summary>
internal sealed partial class AssertionKeys : IDisposable
{
    private static readonly TimeSpan SignsFor = TimeSpan.FromDays(30);
    private static readonly TimeSpan ShownBefore = TimeSpan.FromDays(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private volatile AssertionKey[] _keys = [];
    private volatile AssertionKey _current = null!;

    /// <summary>Reads the keys of a data directory, making the first.</summary>
    /// <exception cref="IOException">There is none and none can be made, or they cannot be read.</exception>
    public AssertionKeys(string dataDirectory, TimeProvider time, ILogger<AssertionKeys>? log = null)
    {
        _log = log ?? NullLogger<AssertionKeys>.Instance;
        _directory = Path.Combine(dataDirectory, "assertion-keys");
        _time = time;
        Directory.CreateDirectory(_directory);
        _keys = [.. Directory.EnumerateFiles(_directory, "*.pem").Order(StringComparer.Ordinal).Select(AssertionKey.Read)];
        if (_keys.Length == 0)
            _keys = [AssertionKey.Make(_directory, time.GetUtcNow())];
        Rotate();
        _timer = time.CreateTimer(static k => ((AssertionKeys)k!).Rotate(), this, LookEvery, LookEvery);
    }

    /// <summary>The one that signs now.</summary>
    public AssertionKey Current => _current;

    /// <summary>All that verify what may be about, newest last.</summary>
    public IReadOnlyList<AssertionKey> Shown => _keys;

    public void Dispose() => _timer.Dispose();

    private void Rotate()
    {
        var now = _time.GetUtcNow();
        var keys = _keys.ToList();
        try
        {
            if (now - keys[^1].Made > SignsFor - ShownBefore)
                keys.Add(AssertionKey.Make(_directory, now));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotMade(e.Message); // The one there is goes on signing, and an hour later it is tried again.
        }

        // The newest that has been shown long enough; on a first start there is only the one.
        _current = keys.LastOrDefault(k => now - k.Made >= ShownBefore) ?? keys[0];
        foreach (var old in keys.Where(k => k != _current && now - k.Made > SignsFor + ShownBefore + ShownBefore).ToArray())
        {
            try
            {
                File.Delete(old.File);
                keys.Remove(old);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotRemoved(old.File, e.Message);
            }
        }

        _keys = [.. keys];
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "No new key for assertions could be made; the one until now goes on, and it is tried again within the hour: {Reason}")]
    private partial void LogNotMade(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The old key of assertions {File} could not be removed and is shown until it is: {Reason}")]
    private partial void LogNotRemoved(string file, string reason);
}

/// <summary>One of them.</summary>
internal sealed class AssertionKey
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private readonly ECDsa _key;

    private AssertionKey(string file, ECDsa key, DateTimeOffset made)
    {
        File = file;
        Made = made;
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        (X, Y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));

        // RFC 7638: the members in this order, without space.
        Id = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));
    }

    /// <summary>Where it is kept.</summary>
    public string File { get; }

    public DateTimeOffset Made { get; }

    /// <summary>Its thumbprint.</summary>
    public string Id { get; }

    /// <summary>The point's coordinates, base64url.</summary>
    public string X { get; }

    public string Y { get; }

    public static AssertionKey Read(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(System.IO.File.ReadAllText(file));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new IOException($"The key {file} cannot be read ({e.Message}). Restore it from a backup, or remove it: a new one is made.", e);
        }

        var made = DateTimeOffset.ParseExact(
            Path.GetFileNameWithoutExtension(file), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        return new AssertionKey(file, key, made);
    }

    public static AssertionKey Make(string directory, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = Path.Combine(directory, now.ToString(TimeFormat, CultureInfo.InvariantCulture) + ".pem");
        DataDirectory.WriteSecretFile(file, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return new AssertionKey(file, key, now);
    }

    /// <summary>Signs as RFC 7518 section 3.4 has it: r and s, 32 bytes each.</summary>
    public byte[] Sign(byte[] data)
    {
        lock (_key)
        {
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
