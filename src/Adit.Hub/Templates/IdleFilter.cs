using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Adit.Hub.Edge;

namespace Adit.Hub.Templates;

/// <summary>What of a task's traffic is no use of it, by its <see cref="IdlePolicy"/>. Immutable, for any number of threads; takes time in proportion to what it reads.</summary>
internal sealed class IdleFilter : IUseFilter
{
    private const int MostRead = 4096;

    private const int MostShared = 256;
    private static readonly ConcurrentDictionary<string, IdleFilter> Shared = new(StringComparer.Ordinal);

    private readonly Regex? _requests;
    private readonly Regex[] _messages;

    /// <summary>Prepares the filter of a policy.</summary>
    public IdleFilter(IdlePolicy policy)
    {
        const RegexOptions options = RegexOptions.CultureInvariant | RegexOptions.NonBacktracking;
        if (policy.IgnorePaths.Count > 0)
            _requests = new Regex($@"\A(?:{string.Join('|', policy.IgnorePaths.Select(Expression))})\z", options | RegexOptions.Singleline);
        _messages = [.. policy.IgnoreMessages.Select(static m => new Regex(m, options))];
    }

    /// <summary>The filter of a policy. Those of the same rules are one: its expressions take more than a megabyte and milliseconds to make.</summary>
    public static IdleFilter Of(IdlePolicy policy)
    {
        if (Shared.Count >= MostShared)
            Shared.Clear(); // Templates of long ago; whoever uses one of these keeps it.
        return Shared.GetOrAdd(string.Join('\n', policy.IgnorePaths) + "\0" + string.Join('\n', policy.IgnoreMessages), static (_, of) => new IdleFilter(of), policy);
    }

    /// <inheritdoc />
    public bool LooksAtMessages => _messages.Length > 0;

    /// <summary>Whether a request counts as nothing.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path, without query.</param>
    public bool Ignores(string method, string path) => _requests?.IsMatch($"{method} {(path.Length > MostRead ? path[..MostRead] : path)}") == true;

    /// <summary>Whether a message of a visitor on a WebSocket counts as nothing. Of a long one its beginning is looked at.</summary>
    /// <param name="payload">What it holds.</param>
    /// <param name="isText">Whether it is text; a binary one is read as Latin-1, a character for each byte.</param>
    public bool IgnoresMessage(ReadOnlySpan<byte> payload, bool isText)
    {
        if (_messages.Length == 0)
            return false;
        var read = payload[..Math.Min(payload.Length, MostRead)];
        var text = isText ? Encoding.UTF8.GetString(read) : Encoding.Latin1.GetString(read);
        foreach (var message in _messages)
        {
            if (message.IsMatch(text))
                return true;
        }

        return false;
    }

    // A path of any method, or a method and a path.
    private static string Expression(string ignored)
    {
        var at = ignored.IndexOf(' ', StringComparison.Ordinal);
        var path = string.Join(".*", ignored[(at + 1)..].Split('*').Select(Regex.Escape));
        return (at < 0 ? @"\S+" : Regex.Escape(ignored[..at])) + " " + path;
    }
}
