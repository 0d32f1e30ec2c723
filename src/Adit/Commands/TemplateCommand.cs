using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit template</c>: what can be started on runners.</summary>
internal static class TemplateCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("template", "See, write and publish templates: what can be started on runners, and with which choices.")
        {
            TemplateListCommand.Create(access),
            TemplateShowCommand.Create(access),
            TemplateTestCommand.Create(access),
            TemplatePushCommand.Create(access),
            TemplatePublishCommand.Create(access),
            TemplateVersionsCommand.Create(access),
            TemplateRemoveCommand.Create(access),
            TemplateSchemaCommand.Create(),
        };
        access.AddTo(command);
        return command;
    }
}
