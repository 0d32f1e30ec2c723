namespace Adit.Hub.Templates.Documents;

/// <summary>Looks at every placeholder of a template and says which nobody would know.</summary>
/// <param name="ports">The names of its ports.</param>
/// <param name="parameters">The names of its parameters.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class PlaceholderCheck(IReadOnlyList<string> ports, IReadOnlyList<string> parameters, TemplateProblems problems)
{
    /// <summary>Looks through a spec or an override.</summary>
    /// <param name="part">The part.</param>
    /// <param name="value">What the hub knows; null for a name that it does not.</param>
    /// <param name="isOverride">Whether <c>{{value}}</c> means anything.</param>
    public void Run(MapNode part, Func<string, string?> value, bool isOverride)
    {
        foreach (var (key, _, node) in part.Entries)
        {
            if (key == "parameters")
                continue;
            if (key != "source" || node is not MapNode source)
            {
                Walk(node, value, key is "env" or "files", isOverride);
                continue;
            }

            foreach (var (inner, _, below) in source.Entries)
                Walk(below, value, inner is "command" or "workingDir", isOverride);
        }
    }

    private void Walk(TemplateNode node, Func<string, string?> value, bool isForRunner, bool isOverride)
    {
        switch (node)
        {
            case MapNode map:
                foreach (var entry in map.Entries)
                    Walk(entry.Value, value, isForRunner, isOverride);
                break;
            case ListNode list:
                foreach (var item in list.Items)
                    Walk(item, value, isForRunner, isOverride);
                break;
            case TextNode text:
                Check(text, value, isForRunner, isOverride);
                break;
        }
    }

    private void Check(TextNode text, Func<string, string?> value, bool isForRunner, bool isOverride)
    {
        var unknown = new List<string>();
        try
        {
            Placeholders.Fill(Probe(text.Text, isForRunner, unknown), name =>
            {
                if (value(name) is null)
                    unknown.Add(name);
                return "";
            }, isForRunner);
        }
        catch (FormatException e)
        {
            problems.Add(text.At, e.Message);
            return;
        }

        foreach (var name in unknown)
            problems.Add(text.At, $"{{{{{TemplateProblems.Shown(name)}}}}} is unknown; there are {string.Join(", ", Names(isForRunner, isOverride).Select(static n => $"{{{{{n}}}}}"))}");
    }

    // The runner's placeholders are left where it reads them, so its ports are looked at here.
    private string Probe(string text, bool isForRunner, List<string> unknown)
    {
        if (!isForRunner)
            return text;
        for (var open = text.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{{", open + 2, StringComparison.Ordinal))
        {
            if (string.CompareOrdinal(text, open, "{{{{", 0, 4) == 0)
            {
                open += 2;
                continue;
            }

            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            var name = close < 0 ? "" : text[(open + 2)..close].Trim();
            if ((name == "port" && ports.Count == 0) || (name.StartsWith("port.", StringComparison.Ordinal) && !ports.Contains(name["port.".Length..])))
                unknown.Add(name);
        }

        return text;
    }

    private IEnumerable<string> Names(bool isForRunner, bool isOverride)
    {
        string[] always = ["name", "owner", "user", "project", "origin", "host", "hostname", "basePath"];
        var all = always.Concat(parameters.Select(static p => "param." + p));
        if (isOverride)
            all = all.Prepend("value");
        if (!isForRunner)
            return all;
        return ports.Count > 0 ? all.Concat(["port"]).Concat(ports.Select(static p => "port." + p)).Append("home") : all.Append("home");
    }
}
