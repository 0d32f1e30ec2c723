using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Access.Audit;

/// <summary>Which entries somebody wants to see. Everything that is not said does not matter.</summary>
internal sealed record AuditQuery
{
    private const int MostText = 300;

    /// <summary>Not before this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before this.</summary>
    public DateTimeOffset? Until { get; init; }

    public string? Actor { get; init; }

    /// <summary>The action, or its beginning with <c>.*</c> after it: <c>token.*</c>.</summary>
    public string? Action { get; init; }

    public string? Target { get; init; }

    public string? Outcome { get; init; }

    /// <summary>After this entry, in the direction of reading.</summary>
    public AuditPosition? After { get; init; }

    /// <summary>Reads what a request says.</summary>
    /// <param name="query">Its parameters: since and until as spans back from now (<c>1h</c>) or as times (ISO 8601).</param>
    /// <param name="now">Now.</param>
    /// <exception cref="FormatException">Something is not understood; the message is one for people.</exception>
    public static AuditQuery Read(AuditParameters query, DateTimeOffset now)
    {
        foreach (var text in new[] { query.Actor, query.Action, query.Target })
        {
            if (text is { Length: 0 or > MostText })
                throw new FormatException($"A filter has 1 to {MostText} characters.");
        }

        if (query.Action is { } action && action.Contains('*', StringComparison.Ordinal) && (action.IndexOf('*', StringComparison.Ordinal) != action.Length - 1 || action is not [_, .., '.', '*']))
            throw new FormatException("An action is named in full, such as token.create, or its first words with '.*' after them: token.*.");
        if (query.Outcome is not (null or "allowed" or "denied" or "failed"))
            throw new FormatException("The outcome is allowed, denied or failed.");
        return new AuditQuery
        {
            Since = Time(query.Since, now),
            Until = Time(query.Until, now),
            Actor = query.Actor,
            Action = query.Action,
            Target = query.Target,
            Outcome = query.Outcome,
            After = query.Cursor is null ? null : AuditPosition.Parse(query.Cursor),
        };
    }

    private static DateTimeOffset? Time(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (Duration.TryParse(text, out var span))
            return now - span;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : throw new FormatException("A time is a span back from now, such as 90m or 7d, or a date and time such as 2026-11-22T09:00:00Z.");
    }
}

/// <summary>The parameters of a request for entries, as they came.</summary>
/// <param name="Since">Not before this.</param>
/// <param name="Until">Before this.</param>
/// <param name="Actor">The account.</param>
/// <param name="Action">The action, or its beginning with <c>.*</c> after it.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="Outcome">allowed, denied or failed.</param>
/// <param name="Cursor">The page.</param>
internal readonly record struct AuditParameters(string? Since, string? Until, string? Actor, string? Action, string? Target, string? Outcome, string? Cursor = null);

/// <summary>A place in the log. Text: <c>TICKS-ID</c>.</summary>
internal readonly record struct AuditPosition(DateTimeOffset At, long Id)
{
    /// <exception cref="FormatException">It is none.</exception>
    public static AuditPosition Parse(string text)
    {
        var cut = text.IndexOf('-', StringComparison.Ordinal);
        return cut > 0
            && long.TryParse(text.AsSpan(0, cut), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && long.TryParse(text.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
                ? new AuditPosition(new DateTimeOffset(ticks, TimeSpan.Zero), id)
                : throw new FormatException("The cursor is not one that this hub gave.");
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks}-{Id}");
}
