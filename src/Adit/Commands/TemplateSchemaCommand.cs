using System.CommandLine;
using Adit.Hub.Templates;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template schema</c>.</summary>
internal static class TemplateSchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Print the JSON Schema of templates, for editors. Needs no hub.");
        command.SetAction(static _ =>
        {
            Screen.Line(TemplateFile.Schema.TrimEnd());
            return ExitCode.Ok;
        });
        return command;
    }
}
