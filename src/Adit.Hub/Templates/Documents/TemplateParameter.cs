using System.Globalization;
using System.Text.RegularExpressions;
using Adit.Hub.Access;

namespace Adit.Hub.Templates.Documents;

/// <summary>What a parameter's values are.</summary>
internal enum ParameterKind
{
    String,
    Number,
    Boolean,
    Choice,
}

/// <summary>One thing that a start asks for. Immutable.</summary>
internal sealed record TemplateParameter
{
    /// <summary>Where it is in the document.</summary>
    public required Place At { get; init; }

    public required string Name { get; init; }

    public string? Label { get; init; }

    public string? Description { get; init; }

    public required ParameterKind Kind { get; init; }

    /// <summary>Null when a value has to be given.</summary>
    public string? Default { get; init; }

    /// <summary>Of a string: what all of it has to match, as written.</summary>
    public string? Pattern { get; init; }

    /// <summary>The same, ready.</summary>
    public Regex? Expression { get; init; }

    public int MinLength { get; init; }

    public int MaxLength { get; init; } = 1000;

    public decimal? Min { get; init; }

    public decimal? Max { get; init; }

    public bool IsInteger { get; init; }

    public IReadOnlyList<TemplateChoice> Choices { get; init; } = [];

    /// <summary>Who may give another value than the default; null for everybody.</summary>
    public AllowedPeople? AllowedFor { get; init; }

    /// <summary>What it changes; of a boolean when it is true. Null for nothing.</summary>
    public MapNode? Override { get; init; }

    /// <summary>The value as it is used: what a number says, whichever way it was written.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="wrong">Why it is none: what would be allowed, without the parameter's name. Null when it is one.</param>
    public string Read(string text, out string? wrong)
    {
        wrong = Kind switch
        {
            ParameterKind.Number => WrongNumber(text, out text),
            ParameterKind.Boolean => text is "true" or "false" ? null : "it is true or false",
            ParameterKind.Choice => Choices.Any(c => c.Value == text) ? null : "it is one of " + string.Join(", ", Choices.Where(static c => c.RedirectTo is null).Select(static c => c.Value)),
            _ => WrongText(text),
        };
        return text;
    }

    private string? WrongText(string text)
    {
        if (text.Length < MinLength || text.Length > MaxLength)
            return string.Create(CultureInfo.InvariantCulture, $"it has {MinLength} to {MaxLength} characters, and here are {text.Length}");
        if (text.Any(char.IsControl))
            return "it holds no line breaks or other control characters";
        return Expression?.IsMatch(text) == false ? $"it has to match {Pattern}" : null;
    }

    private string? WrongNumber(string given, out string text)
    {
        text = given;
        if (!decimal.TryParse(given, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number < Min || number > Max)
            return $"it is {(IsInteger ? "a whole number" : "a number")}{Range}";
        if (IsInteger && number != decimal.Truncate(number))
            return $"it is a whole number{Range}";
        text = number.ToString(CultureInfo.InvariantCulture);
        return null;
    }

    private string Range => (Min, Max) switch
    {
        ({ } a, { } b) => string.Create(CultureInfo.InvariantCulture, $" from {a} to {b}"),
        ({ } a, null) => string.Create(CultureInfo.InvariantCulture, $", {a} or more"),
        (null, { } b) => string.Create(CultureInfo.InvariantCulture, $", {b} or less"),
        _ => "",
    };
}

/// <summary>One value of a choice.</summary>
internal sealed record TemplateChoice
{
    public required Place At { get; init; }

    public required string Value { get; init; }

    public string? Label { get; init; }

    public string? Description { get; init; }

    /// <summary>Who may choose it; null for everybody.</summary>
    public AllowedPeople? AllowedFor { get; init; }

    /// <summary>The value that is taken instead; null when this one is offered.</summary>
    public string? RedirectTo { get; init; }

    /// <summary>Why it is not offered.</summary>
    public string? Message { get; init; }

    public MapNode? Override { get; init; }
}

/// <summary>People whom something is for: members of groups, and accounts.</summary>
internal sealed record AllowedPeople(IReadOnlyList<string> Groups, IReadOnlyList<string> Users)
{
    /// <summary>Whether somebody is among them. Admins always are.</summary>
    public bool Include(Caller caller) => caller.IsAdmin || Users.Contains(caller.Account) || Groups.Any(caller.Groups.Contains);

    /// <summary>For people: <c>the groups gpu, ds and the users ann</c>.</summary>
    public override string ToString() => string.Join(" and ", new[]
    {
        Groups.Count > 0 ? (Groups.Count == 1 ? "the group " : "the groups ") + string.Join(", ", Groups) : null,
        Users.Count > 0 ? (Users.Count == 1 ? "the user " : "the users ") + string.Join(", ", Users) : null,
    }.Where(static part => part is not null));
}
